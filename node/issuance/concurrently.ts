/** Does something for each item, `limit` at a time; the first failure ends it. */
export async function concurrently<Item>(
  items: Iterable<Item>,
  limit: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await act(next.value)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
