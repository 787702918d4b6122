// Emits what a package needs beside the sources: JavaScript and declarations in dist/, since Node strips no types under
// node_modules. `npm pack` and `npm publish` run it as `prepack`.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => join(root, 'node_modules', '.bin', name)
rmSync(join(root, 'dist'), { recursive: true, force: true })
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(bin('node'), [compiler, '--project', 'tsconfig.pack.json'], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
