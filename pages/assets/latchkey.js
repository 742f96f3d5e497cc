// What pages can do better with JavaScript: copying with one click, a warning before an uncopied key is lost, forms that
// are not sent twice, and a warning before the session times out. Without it, every page works all the same.

const warnBeforeMs = 120_000

/** @returns whether the text is on the clipboard now */
async function copy(element) {
  const text = 'value' in element ? element.value : element.textContent
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Over plain HTTP there is no clipboard object, and it may be forbidden.
  }
  if ('select' in element) element.select()
  else getSelection().selectAllChildren(element)
  return document.execCommand('copy')
}

function offerCopying() {
  const status = document.querySelector('[data-copy-status]')
  for (const button of document.querySelectorAll('[data-copy]')) {
    const label = button.textContent
    button.hidden = false
    button.addEventListener('click', async () => {
      const isCopied = await copy(document.getElementById(button.dataset.copy))
      button.textContent = isCopied ? 'Copied' : 'Press Ctrl+C'
      status.textContent = isCopied ? 'Copied to the clipboard.' : 'Selected: press Ctrl+C to copy.'
      if (isCopied) document.dispatchEvent(new Event('copied'))
      setTimeout(() => {
        button.textContent = label
        status.textContent = ''
      }, 4_000)
    })
  }
}

function guardNewKey() {
  const fresh = document.querySelector('[data-fresh-key]')
  if (fresh === null) return
  let isCopied = false
  const note = () => {
    isCopied = true
  }
  document.addEventListener('copied', note)
  document.addEventListener('copy', note)
  addEventListener('beforeunload', (event) => {
    if (!isCopied) event.preventDefault()
  })
  // Whatever a browser keeps of the page, it does not keep the key.
  addEventListener('pagehide', () => fresh.remove())
}

function sendOnce() {
  for (const form of document.querySelectorAll('form[data-once]')) {
    form.addEventListener('submit', () => {
      form.querySelector('button').disabled = true
    })
  }
}

function warnOfTimeout() {
  const box = document.querySelector('.timeout')
  if (box === null) return
  const [status, form] = [box.querySelector('[role=status]'), box.querySelector('form')]
  let idleEnd = Date.now() + Number(box.dataset.idleLeft)
  let absoluteEnd = Date.now() + Number(box.dataset.absoluteLeft)

  const say = (text) => {
    // Said once: a live region is read out at every change.
    if (status.textContent !== text) status.textContent = text
    box.classList.toggle('shown', text !== '')
  }
  const look = () => {
    const leftMs = Math.min(idleEnd, absoluteEnd) - Date.now()
    const mayStay = leftMs > 0 && absoluteEnd - idleEnd > 1_000
    form.hidden = leftMs > warnBeforeMs || !mayStay
    if (leftMs > warnBeforeMs) say('')
    else if (leftMs <= 0) say('Your session has ended. Sign in again to go on.')
    else if (mayStay) say('You will be signed out soon because nothing has happened for a while.')
    else say('This session ends soon, whatever you do. Sign in again afterwards.')
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) })
      .then((response) => (response.ok && !response.redirected ? response.json() : null))
      .catch(() => null)
    if (answer === null) {
      say('That did not work. Reload the page to see whether you are still signed in.')
      return
    }
    idleEnd = Date.now() + answer.idleLeftMs
    absoluteEnd = Date.now() + answer.absoluteLeftMs
    look()
  })
  setInterval(look, 1_000)
  document.addEventListener('visibilitychange', look)
  look()
}

offerCopying()
guardNewKey()
sendOnce()
warnOfTimeout()
