/**
 * The lifetimes that forms offer, and the date each one leads to. Pure.
 */
import type { Times } from './times.ts'

/** Days; the policies that there are, beside "never". */
export const lifetimes = [7, 30, 90, 180, 365] as const

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
