/**
 * The pages for people in a browser: forms in, HTML out. A scope of its own: form bodies, cookies before there is a session,
 * HTML errors and the security headers of pages end at its door. Every page works without JavaScript.
 */
import { fileURLToPath } from 'node:url'
import { fastifyFormbody } from '@fastify/formbody'
import { fastifyStatic } from '@fastify/static'
import { fastifyView } from '@fastify/view'
import { Eta } from 'eta'
import type { App } from '../app.ts'
import { adminPages } from './admin/index.ts'
import { changeKeyPages } from './change-key.ts'
import { nowherePages, showError } from './errors.ts'
import { addPageHeaders } from './headers.ts'
import { invitationPages } from './invitation.ts'
import { keysPage } from './keys.ts'
import { newKeyPages } from './new-key.ts'
import { passwordPages } from './password.ts'
import { sessionForms } from './session.ts'
import { signInPages } from './sign-in.ts'

const folder = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const picoFolder = fileURLToPath(new URL('.', import.meta.resolve('@picocss/pico/css/pico.min.css')))

/** Far above the largest form we have: two passwords of 256 characters, each up to twelve bytes when encoded. */
const formLimit = 16_384

export async function pages(app: App): Promise<void> {
  app.setErrorHandler(showError)
  app.removeAllContentTypeParsers()
  await app.register(fastifyFormbody, { bodyLimit: formLimit })
  await app.register(fastifyView, {
    engine: { eta: new Eta() },
    root: folder('templates'),
    viewExt: 'eta',
    production: true,
  })
  app.addHook('onSend', addPageHeaders)

  await app.register(async (assets: App) => {
    assets.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'anyone' }
    })
    await assets.register(fastifyStatic, {
      root: [folder('assets'), picoFolder],
      prefix: '/assets/',
      index: false,
      maxAge: 300_000,
    })
  })

  signInPages(app)
  invitationPages(app)
  passwordPages(app)
  keysPage(app)
  newKeyPages(app)
  changeKeyPages(app)
  sessionForms(app)
  adminPages(app)
  nowherePages(app)
}
