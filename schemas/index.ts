/**
 * Every schema with an `$id`, for `addSchema`: what OpenAPI shows as components.
 */
import { ApiKey, ApiKeyChange, ApiKeyList, MintedApiKey, NewApiKey, Revocation, Revoked } from './api-key.ts'
import { ApiKeyCount, ApiKeyPage, PolicyPreview } from './api-key-list.ts'
import { Job } from './job.ts'
import { Problem } from './problem.ts'
import { AddedService, NewService, Service, ServiceList } from './service.ts'
import { Settings, SettingsChange } from './settings.ts'
import { User, UserChange } from './user.ts'
import { Me, Verdict, VerificationRequest } from './verdict.ts'

export const sharedSchemas = [
  ApiKeyCount,
  ApiKeyPage,
  PolicyPreview,
  AddedService,
  ApiKey,
  ApiKeyChange,
  ApiKeyList,
  Job,
  Me,
  MintedApiKey,
  NewApiKey,
  NewService,
  Problem,
  Revocation,
  Revoked,
  Service,
  ServiceList,
  Settings,
  SettingsChange,
  User,
  UserChange,
  Verdict,
  VerificationRequest,
] as const
