import { readFileSync } from 'node:fs'

type Start = 'start' | 'api' | 'worker'

/** The options that `npm start`, `npm run api` or `npm run worker` give Node.js; they bound its memory. */
export function startFlags(name: Start = 'start'): string[] {
  const file = new URL('../package.json', import.meta.url)
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: Record<Start, string> }
  return scripts[name].split(' ').filter((word) => word.startsWith('--'))
}
