/** An answer of the node; `body` is parsed JSON. */
export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a call answers is for its caller to check
  body: any
}

/** Calls of the REST API of one node. */
export interface NodeClient {
  url: string
  get(path: string): Promise<Answer>
  /** Bytes are sent as they are: JSON that was written before. */
  post(path: string, body: unknown): Promise<Answer>
  /** The same, and the text of the answer as it came. */
  postForText(path: string, body: unknown): Promise<{ status: number; text: string }>
}

/** A client with an API key; paths begin after `/api/v1`, absolute URLs are taken as they are. */
export function nodeClient({ url, apiKey }: { url: string; apiKey: string }): NodeClient {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const send = (path: string, options: RequestInit) =>
    fetch(path.startsWith('/') ? `${url}/api/v1${path}` : path, options)
  const call = async (path: string, options: RequestInit): Promise<Answer> => {
    const response = await send(path, options)
    return { status: response.status, body: await response.json() }
  }
  const posting = (body: unknown) => ({
    ...{ method: 'POST', headers },
    body: Buffer.isBuffer(body) ? body : JSON.stringify(body),
  })
  return {
    url,
    get: (path) => call(path, { headers }),
    post: (path, body) => call(path, posting(body)),
    postForText: async (path, body) => {
      const response = await send(path, posting(body))
      return { status: response.status, text: await response.text() }
    },
  }
}

/** The body of an answer with the expected status. @throws Error with the problem that the node reports */
export function bodyOf({ status, body }: Answer, expected: number): Answer['body'] {
  if (status === expected) return body
  const { code = '', detail = '', errors } = body ?? {}
  throw new Error(
    `The node answered ${status} ${code}: ${detail} ${errors ? JSON.stringify(errors) : ''}`.trim(),
  )
}
