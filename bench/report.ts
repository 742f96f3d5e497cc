// From measured slices to the table: medians over the rounds; ratios are taken within a round, between slices that ran one
// after the other, and only then their median.

export interface Slice {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor microseconds a request: of the server, and of Redis for it. */
  readonly serverCpu: number
  readonly redisCpu: number
  /** Share of one processor that the load generator took: near 1, and it was the generator that was measured. */
  readonly loadCpu: number
}

/** Of one contender, by round. */
export interface Slices {
  readonly name: string
  readonly slices: readonly Slice[]
}

const columns = [
  'server',
  'requests/s',
  'ratio',
  'CPU µs/request',
  'CPU ratio',
  'p50 ms',
  'p99 ms',
  'Redis µs/request',
  'load CPU',
]

/** @param measured the first is what the others are compared with */
export function tableOf(measured: readonly Slices[]): string {
  const [base] = measured
  if (base === undefined) throw new Error('nothing was measured')
  const rows = measured.map(({ name, slices }) => {
    const middle = (member: keyof Slice): number => median(slices.map((slice) => slice[member]))
    const ratio = (member: keyof Slice): number =>
      median(slices.map((slice, round) => slice[member] / (base.slices[round]?.[member] ?? Number.NaN)))
    return [
      name,
      middle('perSecond').toFixed(0),
      ratio('perSecond').toFixed(2),
      middle('serverCpu').toFixed(1),
      ratio('serverCpu').toFixed(2),
      middle('p50Ms').toFixed(2),
      middle('p99Ms').toFixed(2),
      middle('redisCpu').toFixed(1),
      `${(middle('loadCpu') * 100).toFixed(0)} %`,
    ]
  })
  const widths = columns.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  return [line(columns), ...rows.map(line)].join('\n')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}
