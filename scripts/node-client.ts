/** An answer of the node; `body` is parsed JSON. */
export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a call answers is for its caller to check
  body: any
}

/** Calls of the REST API of one node. */
export interface NodeClient {
  url: string
  apiKey: string
  get(path: string): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
}

/** A client with an API key; paths begin after `/api/v1`, absolute URLs are taken as they are. */
export function nodeClient({ url, apiKey }: { url: string; apiKey: string }): NodeClient {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const call = async (path: string, options: RequestInit): Promise<Answer> => {
    const response = await fetch(path.startsWith('/') ? `${url}/api/v1${path}` : path, options)
    return { status: response.status, body: await response.json() }
  }
  return {
    url,
    apiKey,
    get: (path) => call(path, { headers }),
    post: (path, body) => call(path, { method: 'POST', headers, body: JSON.stringify(body) }),
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
