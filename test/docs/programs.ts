import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The programs of a page: the code blocks that name the same file, one after the other. */
export async function programsOf(page: string): Promise<Map<string, string>> {
  const text = await readFile(join(root, page), 'utf8')
  const programs = new Map<string, string>()
  for (const [, file = '', code = ''] of text.matchAll(/^```[a-z]+ (\S+)\n([\s\S]*?)^```$/gm)) {
    programs.set(file, (programs.get(file) ?? '') + code)
  }
  return programs
}
