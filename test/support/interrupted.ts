// The real rules over the real Redis, with somebody else's step exactly between two steps of theirs: races that always
// happen.

import type { Core } from '../../domain/core.ts'

/**
 * Before a mint draws its number, so after it has read what it decides on; before a minted key is read back; and after a
 * password was found right, before the session is opened.
 */
export type Place = 'before the write' | 'after the write' | 'after the password'

/** @param step is done once, however often the rules come by */
export function interrupted(core: Core, place: Place, step: () => Promise<unknown>): Core {
  let isDone = false
  const comeBy = async (here: Place): Promise<void> => {
    if (isDone || here !== place) return
    isDone = true
    await step()
  }
  const { apiKeys, signIn } = core.stores
  return {
    ...core,
    stores: {
      ...core.stores,
      apiKeys: {
        ...apiKeys,
        async nextNumber() {
          await comeBy('before the write')
          return await apiKeys.nextNumber()
        },
      },
      signIn: {
        ...signIn,
        async forgetTries(counter) {
          await comeBy('after the password')
          await signIn.forgetTries(counter)
        },
      },
    },
    verifier: {
      ...core.verifier,
      async verify(...presented) {
        await comeBy('after the write')
        return await core.verifier.verify(...presented)
      },
    },
  }
}
