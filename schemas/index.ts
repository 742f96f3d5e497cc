/**
 * Every schema with an `$id`, for `addSchema`: what OpenAPI shows as components.
 */
import {
  ApiKey,
  ApiKeyChange,
  ApiKeyList,
  MintedApiKey,
  NewApiKey,
  NewApiKeyFor,
  Revocation,
  Revoked,
} from './api-key.ts'
import { ApiKeyCount, ApiKeyPage, PolicyPreview } from './api-key-list.ts'
import { AuditEvent, AuditPage } from './audit.ts'
import { Job } from './job.ts'
import { Problem } from './problem.ts'
import { AddedService, NewService, Service, ServiceList, ServiceRotation } from './service.ts'
import {
  Context,
  ContextChange,
  Ended,
  Impersonation,
  Invitation,
  InvitationClaim,
  MintedSessionKey,
  NewSessionKey,
  NewUser,
  OwnSession,
  PasswordChange,
  Session,
  SessionChange,
  SessionKey,
  SessionKeyList,
  SessionList,
  SessionOrder,
  SignIn,
} from './session.ts'
import { Settings, SettingsChange } from './settings.ts'
import { ListedUser, User, UserChange, UserPage } from './user.ts'
import { Me, Verdict, VerificationRequest } from './verdict.ts'

export const sharedSchemas = [
  Context,
  ContextChange,
  Ended,
  Impersonation,
  Invitation,
  InvitationClaim,
  MintedSessionKey,
  NewSessionKey,
  NewUser,
  OwnSession,
  PasswordChange,
  Session,
  SessionChange,
  SessionKey,
  SessionKeyList,
  SessionList,
  SessionOrder,
  SignIn,
  NewApiKeyFor,
  ApiKeyCount,
  ApiKeyPage,
  PolicyPreview,
  AddedService,
  ApiKey,
  ApiKeyChange,
  ApiKeyList,
  AuditEvent,
  AuditPage,
  Job,
  ListedUser,
  Me,
  MintedApiKey,
  NewApiKey,
  NewService,
  Problem,
  Revocation,
  Revoked,
  Service,
  ServiceList,
  ServiceRotation,
  Settings,
  SettingsChange,
  User,
  UserChange,
  UserPage,
  Verdict,
  VerificationRequest,
] as const
