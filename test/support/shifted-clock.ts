// Preloaded (`node --import`) into a process whose clock is to be wrong by TEST_CLOCK_SHIFT_MS milliseconds.

const shiftMs = Number(process.env.TEST_CLOCK_SHIFT_MS)
const RightDate = Date
const now = (): number => RightDate.now() + shiftMs

globalThis.Date = new Proxy(RightDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RightDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
})
