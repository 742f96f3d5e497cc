/**
 * Where the parts of a chart of columns lie: ticks of the axis, bars, labels. Across in percent and upwards in pixels, so that
 * a chart is as wide as there is room while its letters keep their size. Drawn by templates/admin/chart.eta; no styles, no
 * scripts. Pure.
 */
export interface ChartColumn {
  /** In full, for whoever points at the column. */
  readonly title: string
  /** Under the axis; '': none. */
  readonly label: string
  /** Whether the label stays where there is little room. */
  readonly isMajor: boolean
  /** Under the label; '': nothing. */
  readonly subLabel: string
  /** Whether the label needs more room than that of a column. */
  readonly isWide: boolean
  /** Stacked, from the axis upwards; none is negative. */
  readonly parts: readonly number[]
}

export interface DrawnTick {
  readonly y: number
  readonly text: string
}

export interface DrawnBar {
  /** Which of the parts it is, from 0. */
  readonly part: number
  readonly y: number
  readonly height: number
}

export interface DrawnColumn extends Pick<ChartColumn, 'title' | 'label' | 'isMajor' | 'subLabel'> {
  /** Of the room of the column, bars and labels: percent of the width. */
  readonly x: string
  readonly width: string
  readonly barX: string
  readonly barWidth: string
  readonly middle: string
  /** Where the label lies: in the middle, or at the end where the chart ends. */
  readonly labelX: string
  readonly anchor: 'middle' | 'end'
  readonly bars: readonly DrawnBar[]
}

export interface DrawnChart {
  /** Upwards from `baseline`, which is 0. */
  readonly ticks: readonly DrawnTick[]
  readonly columns: readonly DrawnColumn[]
  readonly baseline: number
  /** Where labels and what is under them stand. */
  readonly labelY: number
  readonly subLabelY: number
  readonly height: number
  /** How much room the numbers beside the axis need. */
  readonly axis: 'short' | 'medium' | 'long'
}

const top = 10
const plotHeight = 160
const baseline = top + plotHeight
/** So that a single one beside a million is still seen. */
const leastHeight = 2
const barShare = 0.72
const wideRoom = 2.5
const mostIntervals = 5
const steps = [1, 2, 5] as const
/** Above it, numbers beside the axis are shortened: 20M. */
const longestNumber = 9_999_999

/** Round whole numbers from 0 to the first one that is not below the greatest: at least two, at most six. */
export function ticksUpTo(greatest: number): readonly number[] {
  for (let power = 1; ; power *= 10) {
    for (const factor of steps) {
      const step = factor * power
      const intervals = Math.max(1, Math.ceil(greatest / step))
      if (intervals <= mostIntervals) return Array.from({ length: intervals + 1 }, (_, index) => index * step)
    }
  }
}

export function drawChart(columns: readonly ChartColumn[]): DrawnChart {
  const ticks = ticksUpTo(Math.max(0, ...columns.map(({ parts }) => sum(parts))))
  const greatest = ticks.at(-1) ?? 1
  const texts = ticks.map((tick) => numberText(tick, greatest))
  const all = sum(columns.map(roomOf))
  let before = 0
  return {
    ticks: ticks.map((tick, index) => ({
      y: rounded(baseline - (tick / greatest) * plotHeight),
      text: texts[index] ?? '',
    })),
    columns: columns.map((column, index) => {
      const room = roomOf(column)
      const middle = before + room / 2
      const isAtEnd = index === columns.length - 1 && !column.isWide
      const drawn = {
        title: column.title,
        label: column.label,
        isMajor: column.isMajor,
        subLabel: column.subLabel,
        x: percent(before / all),
        width: percent(room / all),
        barX: percent((middle - barShare / 2) / all),
        barWidth: percent(barShare / all),
        middle: percent(middle / all),
        labelX: isAtEnd ? '100%' : percent(middle / all),
        anchor: isAtEnd ? ('end' as const) : ('middle' as const),
        bars: stack(column.parts, greatest),
      }
      before += room
      return drawn
    }),
    baseline,
    labelY: baseline + 17,
    subLabelY: baseline + 32,
    height: baseline + (columns.some(({ subLabel }) => subLabel !== '') ? 38 : 23),
    axis: axisOf(Math.max(...texts.map(({ length }) => length))),
  }
}

function roomOf({ isWide }: ChartColumn): number {
  return isWide ? wideRoom : 1
}

function stack(parts: readonly number[], greatest: number): readonly DrawnBar[] {
  const bars: DrawnBar[] = []
  let y = baseline
  for (const [part, value] of parts.entries()) {
    if (value <= 0) continue
    const height = rounded(Math.max(leastHeight, (value / greatest) * plotHeight))
    y = rounded(y - height)
    bars.push({ part, y, height })
  }
  return bars
}

const shortFormat = new Intl.NumberFormat('en', { notation: 'compact' })

function numberText(value: number, greatest: number): string {
  return greatest > longestNumber ? shortFormat.format(value) : value.toLocaleString('en')
}

function axisOf(longest: number): DrawnChart['axis'] {
  if (longest <= 3) return 'short'
  return longest <= 6 ? 'medium' : 'long'
}

function percent(share: number): string {
  return `${rounded(share * 100)}%`
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
