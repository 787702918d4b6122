/** Work that is due, the oldest first, and what does some of it. */
interface Turns<Item> {
  /** Asked before each round. */
  due(): Promise<readonly Item[]>
  id(item: Item): string
  tenant(item: Item): string
  /** Tells whether there is more to do of it; what is at its end for now, or throws, is left. */
  act(item: Item): Promise<boolean>
}

/**
 * Does what is due for several tenants in rounds, in each of them the oldest of every tenant: much of one keeps nobody else
 * waiting, nor does what fails for now.
 * @throws the first error, when there is nothing left to do
 */
export async function takeTurns<Item>({ due, id, tenant, act }: Turns<Item>): Promise<void> {
  const left = new Set<string>()
  const faults: unknown[] = []
  for (;;) {
    const items = (await due()).filter((item) => !left.has(id(item)))
    if (items.length === 0) break
    for (const [item] of Map.groupBy(items, tenant).values()) {
      if (item === undefined) continue
      const isLeft = await act(item).then(
        (more) => !more,
        (error) => faults.push(error) > 0,
      )
      if (isLeft) left.add(id(item))
    }
  }
  if (faults.length > 0) throw faults[0]
}
