/**
 * The lifetimes that forms offer, and the date each one leads to. Pure.
 */
import type { Times } from './times.ts'

/** Days; the policies that there are, beside "never". */
export const lifetimes = [7, 30, 90, 180, 365] as const

export interface PolicyChoice {
  readonly days: null | (typeof lifetimes)[number]
  /** 'never', or days: as forms send it. */
  readonly value: string
  readonly label: string
}

/** What an administrator may choose for the site. */
export const policyChoices: readonly PolicyChoice[] = [
  { days: null, value: 'never', label: 'Never (default)' },
  { days: 7, value: '7', label: '7 days (1 week)' },
  { days: 30, value: '30', label: '30 days (1 month)' },
  { days: 90, value: '90', label: '90 days (3 months)' },
  { days: 180, value: '180', label: '180 days (6 months)' },
  { days: 365, value: '365', label: '365 days (1 year)' },
]

const dayMs = 86_400_000

export interface ExpiryChoice {
  /** 'policy', or days. */
  readonly value: string
  readonly label: string
}

/** What a user may choose under a policy: the policy's own lifetime first, then every shorter one. */
export function expiryChoices(policyDays: number | null, nowMs: number, times: Times): ExpiryChoice[] {
  const until = (days: number): string => `${days} days, until ${times.shortDate(nowMs + days * dayMs)}`
  const shorter = lifetimes.filter((days) => policyDays === null || days < policyDays).toReversed()
  const policy = { value: 'policy', label: policyDays === null ? 'Never' : until(policyDays) }
  return [policy, ...shorter.map((days) => ({ value: String(days), label: until(days) }))]
}
