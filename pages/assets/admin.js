// What the administrators' pages can do better with JavaScript: all rows of a page at one click, how many are selected, and
// progress that moves by itself. Without it, every page works all the same.

const pollMs = 1_000

function selectRows() {
  for (const form of document.querySelectorAll('form[data-rows]')) {
    const boxes = [...form.querySelectorAll('tbody input[type=checkbox]')]
    const all = form.querySelector('[data-all-rows]')
    const count = form.querySelector('[data-row-count]')
    if (all === null || boxes.length === 0) continue
    const every = form.querySelector('[data-every-row]')
    const show = () => {
      // With all that match, what is ticked on this page does not matter.
      for (const box of [...boxes, all]) box.disabled = every?.checked === true
      const ticked = boxes.filter((box) => box.checked).length
      all.checked = ticked === boxes.length
      all.indeterminate = ticked > 0 && ticked < boxes.length
      if (count !== null) count.textContent = ticked === 0 || every?.checked === true ? '' : ` (${ticked})`
    }
    all.closest('[hidden]')?.removeAttribute('hidden')
    all.addEventListener('change', () => {
      for (const box of boxes) box.checked = all.checked
      show()
    })
    form.addEventListener('change', show)
    show()
  }
}

/** A job's progress, from the same address that programs ask. */
function followJobs() {
  for (const box of document.querySelectorAll('[data-job]')) {
    const bar = box.querySelector('progress')
    const text = box.querySelector('[data-job-text]')
    const look = async () => {
      const job = await fetch(`/v1/admin/jobs/${box.dataset.job}`)
        .then((response) => (response.ok ? response.json() : null))
        .catch(() => null)
      // Signed out, or the server is away: the page stays as it is, and a reload tells.
      if (job === null) return
      if (job.status === 'ended') {
        location.reload()
        return
      }
      const total = Math.max(job.total, job.examined)
      bar.max = Math.max(total, 1)
      bar.value = job.examined
      const [ofAll, seen, done] = [total, job.examined, job.done].map((count) => count.toLocaleString('en'))
      text.textContent = `${seen} of ${ofAll} looked at, ${done} ${box.dataset.doneWord}`
      setTimeout(look, pollMs)
    }
    setTimeout(look, pollMs)
  }
}

selectRows()
followJobs()
