/** One server-sent event. */
interface ServerEvent {
  event: string
  id: string
  data: string
}

const longest = 65_536

/** The events of a stream (HTML, 9.2.6): those that have a name and data, as this node writes them. */
export async function* serverEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of bytes) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > longest) throw new RangeError('an event is too long')
    for (const block of blocks) {
      const event = eventOf(block)
      if (event.event && event.data) yield event
    }
  }
}

function eventOf(block: string): ServerEvent {
  const event: ServerEvent = { event: '', id: '', data: '' }
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? []
    if (name === 'event' || name === 'id') event[name] = value
    // several lines of data are one text
    if (name === 'data') event.data += event.data ? `\n${value}` : value
  }
  return event
}
