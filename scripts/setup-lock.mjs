// One setup of a checkout at a time. Plain JavaScript, as setup.mjs.
import { createHash } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Runs `action` while no other process holds the lock of this folder. The lock is a file outside the folder
 * (npm empties node_modules) that holds the process id; that of a dead process is taken over.
 */
export async function withLock(folder, action) {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const lock = join(tmpdir(), `cartulary-setup-${name}.lock`)
  await acquire(lock)
  const release = () => rmSync(lock, { force: true })
  process.once('exit', release)
  try {
    return await action()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

async function acquire(lock) {
  const own = `${lock}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    for (let told = false; !tryLink(own, lock); ) {
      const holder = holderOf(lock)
      if (holder !== undefined && !isAlive(holder)) {
        rmSync(lock, { force: true })
        continue
      }
      if (!told) console.log(`Waiting for another setup of this folder (process ${holder}) …`)
      told = true
      await delay(200)
    }
  } finally {
    rmSync(own, { force: true })
  }
}

// A hard link appears with its content, or not at all.
function tryLink(own, lock) {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

function holderOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
