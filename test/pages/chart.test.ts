// Charts: round ticks, bars where their numbers say, and text that stays text.

import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import fc from 'fast-check'
import t from 'tap'
import { type ChartColumn, drawChart, ticksUpTo } from '../../pages/admin/chart.ts'
import { holds } from '../domain/property.ts'
import { payloads } from './browser.ts'

function column(parts: readonly number[], more: Partial<ChartColumn> = {}): ChartColumn {
  return { title: '', label: '', isMajor: true, subLabel: '', isWide: false, parts, ...more }
}

/** Columns of one part each. */
function columns(values: readonly number[]): readonly ChartColumn[] {
  return values.map((value) => column([value]))
}

const numbersOf = (percent: string): number => Number(percent.replace('%', ''))

t.test('the axis has few round numbers', (t) => {
  for (const [greatest, ticks] of [
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [10, [0, 2, 4, 6, 8, 10]],
    [11, [0, 5, 10, 15]],
    [99, [0, 20, 40, 60, 80, 100]],
    [1_234, [0, 500, 1_000, 1_500]],
    [1e6, [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]],
  ] as const)
    t.strictSame(ticksUpTo(greatest), ticks, String(greatest))
  holds(
    t,
    fc.property(fc.nat(2 ** 31 - 1), (greatest) => {
      const ticks = ticksUpTo(greatest)
      const [step = 0] = ticks.slice(1)
      const isEven = ticks.every((tick, index) => tick === index * step)
      const isRound = /^[125]0*$/.test(String(step))
      const fits = (ticks.at(-1) ?? 0) >= greatest && (ticks.at(-2) ?? 0) < Math.max(greatest, 1)
      return isEven && isRound && fits && ticks.length >= 2 && ticks.length <= 6
    }),
  )
  t.end()
})

t.test('a bar is as high as its number, from the baseline upwards', (t) => {
  const { baseline, ticks, columns: drawn } = drawChart(columns([10, 5, 0]))
  t.strictSame(
    ticks.map(({ text }) => text),
    ['0', '2', '4', '6', '8', '10'],
  )
  t.equal(ticks[0]?.y, baseline)
  const [full, half, none] = drawn
  t.strictSame(full?.bars, [{ part: 0, y: ticks.at(-1)?.y, height: baseline - (ticks.at(-1)?.y ?? 0) }])
  t.equal((half?.bars[0]?.height ?? 0) * 2, full?.bars[0]?.height)
  t.equal((half?.bars[0]?.y ?? 0) + (half?.bars[0]?.height ?? 0), baseline)
  t.strictSame(none?.bars, [], 'nothing is drawn for nothing')
  t.end()
})

t.test('parts are stacked, and none of them hides another', (t) => {
  const [both, second] = drawChart([column([6, 4]), column([0, 4])]).columns
  const [lower, upper] = both?.bars ?? []
  t.strictSame([lower?.part, upper?.part], [0, 1])
  t.equal((upper?.y ?? 0) + (upper?.height ?? 0), lower?.y)
  t.match(second?.bars, [{ part: 1, height: upper?.height }])
  t.equal(second?.bars.length, 1)
  t.end()
})

t.test('a single huge number leaves the small ones visible and the drawing in its place', (t) => {
  const { columns: drawn, axis, ticks } = drawChart([column([1, 1]), column([4_000_000, 1]), column([0, 0])])
  t.strictSame(
    drawn[0]?.bars.map(({ height }) => height),
    [2, 2],
  )
  t.ok(drawn.every(({ bars }) => bars.every(({ y }) => y > 0)))
  t.strictSame(drawn[2]?.bars, [])
  t.equal(axis, 'long')
  t.equal(ticks.at(-1)?.text, '5,000,000')
  t.strictSame(
    drawChart(columns([70_000_000])).ticks.map(({ text }) => text),
    ['0', '20M', '40M', '60M', '80M'],
    'beyond what fits beside the axis, numbers are shortened',
  )
  t.end()
})

t.test('columns lie side by side over the whole width, wide ones with more room', (t) => {
  const { columns: drawn } = drawChart([
    column([1]),
    column([2]),
    column([3], { isWide: true }),
    column([4], { label: 'last' }),
  ])
  let end = 0
  for (const { x, width, barX, barWidth, middle } of drawn) {
    t.ok(Math.abs(numbersOf(x) - end) < 0.1)
    end = numbersOf(x) + numbersOf(width)
    t.ok(numbersOf(barX) >= numbersOf(x) && numbersOf(barX) + numbersOf(barWidth) <= end)
    t.ok(Math.abs(numbersOf(barX) + numbersOf(barWidth) / 2 - numbersOf(middle)) < 0.1)
  }
  t.ok(Math.abs(end - 100) < 0.1)
  t.ok(numbersOf(drawn[2]?.width ?? '') > 2 * numbersOf(drawn[1]?.width ?? ''))
  t.equal(drawn[2]?.barWidth, drawn[1]?.barWidth, 'but no wider bar')
  t.match(drawn.at(-1), { anchor: 'end', labelX: '100%' }, 'the last label does not stand out')
  t.strictSame(drawChart([]).columns, [])
  t.end()
})

t.test('for any numbers every bar lies between the top and the baseline', (t) => {
  const anyColumn = fc.array(fc.nat(10_000_000), { minLength: 1, maxLength: 3 }).map((parts) => column(parts))
  holds(
    t,
    fc.property(fc.array(anyColumn, { minLength: 1, maxLength: 40 }), (some) => {
      const { baseline, columns: drawn } = drawChart(some)
      return drawn.every(({ bars }, index) => {
        const drawnParts = bars.map(({ part }) => part)
        const expected = (some[index]?.parts ?? []).flatMap((value, part) => (value > 0 ? [part] : []))
        const isInside = bars.every(({ y, height }) => y > 0 && height >= 2 && y + height <= baseline + 0.05)
        return isInside && drawnParts.join() === expected.join()
      })
    }),
  )
  t.end()
})

t.test('text in a drawing stays text, and there is no style in it', async (t) => {
  const eta = new Eta({ views: fileURLToPath(new URL('../../pages/templates', import.meta.url)) })
  for (const payload of payloads) {
    const chart = drawChart([column([1, 2], { title: payload, label: payload, subLabel: payload })])
    const words = { name: payload, says: payload, parts: [payload, payload] }
    const drawn = await eta.renderAsync('/admin/chart', { id: 'some', ...words, chart })
    const plain = await eta.renderAsync('/admin/chart', {
      id: 'some',
      name: '',
      says: '',
      parts: ['', ''],
      chart: drawChart([column([1, 2], { title: 'x', label: 'x', subLabel: 'x' })]),
    })
    t.equal(drawn.split('<').length, plain.split('<').length, `no more elements by ${payload}`)
    t.equal(drawn.split('"').length, plain.split('"').length, 'nor attributes')
    t.notMatch(drawn, /style/)
  }
})
