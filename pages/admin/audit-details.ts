/**
 * What an event of the audit log has to say beside its action, as terms and values that people read. The members depend on the
 * action, and may be of another version than ours: whatever they are, they are shown. Pure.
 */
export type DetailValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing'; readonly text: string }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'id'; readonly text: string; readonly href: string | null }

export interface Detail {
  readonly term: string
  readonly values: readonly DetailValue[]
  /** Where there are two values: the second one took the first one's place. */
  readonly isChange: boolean
}

/** The last moments that a Date can hold. */
const mostMs = 8_640_000_000_000_000
const publicId = /^[0-9A-Za-z]{16}$/

/** @param noun of the action: what an `id` names depends on it */
export function detailsOf(details: Readonly<Record<string, unknown>>, noun: string): readonly Detail[] {
  return Object.entries(details).map(([name, value]) => {
    const term = termOf(name)
    if (isChange(value)) {
      return { term, values: [toValue(name, value.from), toValue(name, value.to)], isChange: true }
    }
    if (name === 'id' && typeof value === 'string') {
      const href = noun === 'api-key' && publicId.test(value) ? `/admin/keys?id=${value}` : null
      return { term, values: [{ kind: 'id', text: value, href }], isChange: false }
    }
    return { term, values: [toValue(name, value)], isChange: false }
  })
}

/** `previousUntilMs` → "previous until" */
function termOf(name: string): string {
  const words = name
    .replace(/(?:At)?Ms$/, '')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/\bapi\b/, 'API')
  return words === '' ? name : words
}

function toValue(name: string, value: unknown): DetailValue {
  if (value === null || value === undefined) {
    // No end of something that lives for a time.
    return { kind: 'nothing', text: /(?:Ms|Days)$/.test(name) ? 'never' : 'none' }
  }
  if (value === '') return { kind: 'nothing', text: 'empty' }
  if (Array.isArray(value) && value.length === 0) return { kind: 'nothing', text: 'none' }
  if (name.endsWith('Ms') && typeof value === 'number' && Math.abs(value) <= mostMs) {
    return { kind: 'time', ms: value }
  }
  return { kind: 'text', text: textOf(value) }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  return JSON.stringify(value)
}

/** How the settings tell of a change. */
function isChange(value: unknown): value is { readonly from: unknown; readonly to: unknown } {
  return typeof value === 'object' && value !== null && 'from' in value && 'to' in value
}
