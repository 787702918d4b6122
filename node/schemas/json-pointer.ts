/** The JSON pointer (RFC 6901) of a member or element of what `parent` points at. */
export function pointerTo(parent: string, member: string | number): string {
  const name = String(member)
  // every member of every credential comes by here, and few names have to be escaped
  return `${parent}/${/[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name}`
}

/** The members a JSON pointer names, one after the other. */
export function pointerMembers(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((member) => member.replaceAll('~1', '/').replaceAll('~0', '~'))
}
