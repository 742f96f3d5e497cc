// Three versions of the settings made one, field by field.

import t from 'tap'
import { areSameSettings, mergeSettings, settingNames } from '../../pages/admin/settings-merge.ts'
import { Settings } from '../../schemas/settings.ts'

const shown: Settings = {
  siteName: 'Keys',
  apiKeysAllowed: false,
  apiKeyLifetimeDays: null,
  sessionKeysAllowed: false,
  sessionIdleMinutes: 30,
  sessionAbsoluteHours: 12,
  apiKeysPerUser: 100,
  sessionKeysPerSession: 20,
}
/** Two other values for each field; a switch has only one. */
const others: readonly [Settings, Settings] = [
  {
    siteName: 'Mine',
    apiKeysAllowed: true,
    apiKeyLifetimeDays: 7,
    sessionKeysAllowed: true,
    sessionIdleMinutes: 31,
    sessionAbsoluteHours: 13,
    apiKeysPerUser: 101,
    sessionKeysPerSession: 21,
  },
  {
    siteName: 'Theirs',
    apiKeysAllowed: true,
    apiKeyLifetimeDays: 30,
    sessionKeysAllowed: true,
    sessionIdleMinutes: 32,
    sessionAbsoluteHours: 14,
    apiKeysPerUser: 102,
    sessionKeysPerSession: 22,
  },
]
const [mine, theirs] = others

t.test('the form has every setting there is', async (t) => {
  t.same(settingNames.toSorted(), Object.keys(Settings.properties).toSorted())
})

t.test('what nobody touched stays as it was', async (t) => {
  t.same(mergeSettings(shown, shown, shown), { settings: shown, changes: {} })
})

t.test('what only I touched keeps mine, and nothing is said of it', async (t) => {
  t.same(mergeSettings(shown, mine, shown), { settings: mine, changes: {} })
})

for (const name of settingNames) {
  t.test(`${name}: what only somebody else changed follows them, and is told`, async (t) => {
    const present = { ...shown, [name]: theirs[name] }
    const merged = mergeSettings(shown, shown, present)
    t.same(merged.settings, present)
    const change = { from: shown[name], to: theirs[name], mine: shown[name], outcome: 'followed' }
    t.same(merged.changes, { [name]: change })
  })

  t.test(`${name}: what both changed keeps mine, and both values are told`, async (t) => {
    const merged = mergeSettings(shown, { ...shown, [name]: mine[name] }, { ...shown, [name]: theirs[name] })
    t.same(merged.settings, { ...shown, [name]: mine[name] })
    const outcome = mine[name] === theirs[name] ? 'agreed' : 'opposed'
    t.same(merged.changes, { [name]: { from: shown[name], to: theirs[name], mine: mine[name], outcome } })
  })

  t.test(`${name}: mine and somebody else's change of another field are both there`, async (t) => {
    const merged = mergeSettings(shown, { ...shown, [name]: mine[name] }, { ...theirs, [name]: shown[name] })
    t.same(merged.settings, { ...theirs, [name]: mine[name] })
    t.same(Object.keys(merged.changes).toSorted(), settingNames.filter((other) => other !== name).toSorted())
  })
}

t.test('what a record holds beside the settings is not taken over', async (t) => {
  const later = { ...shown, ofLaterVersion: 1 }
  const merged = mergeSettings(later, later, { ...later, ofLaterVersion: 2 } as Settings)
  t.same(merged, { settings: shown, changes: {} })
  t.ok(areSameSettings(later, shown))
  t.notOk(areSameSettings(mine, shown))
})
