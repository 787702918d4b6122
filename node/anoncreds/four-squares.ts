/**
 * Four integers whose squares add up to n (Lagrange), for 0 ≤ n < 2^33. Powers of four are taken out first: 2·4^15, say,
 * has one such sum alone, while what is left has many (Jacobi) and a search from the top finds one at once.
 */
export function fourSquares(n: number): readonly [number, number, number, number] {
  if (n > 0 && n % 4 === 0) {
    const [a, b, c, d] = fourSquares(n / 4)
    return [2 * a, 2 * b, 2 * c, 2 * d]
  }
  for (let a = Math.floor(Math.sqrt(n)); a >= 0; a -= 1) {
    const afterA = n - a * a
    for (let b = Math.min(a, Math.floor(Math.sqrt(afterA))); b * b * 3 >= afterA; b -= 1) {
      const found = twoSquares(afterA - b * b, b)
      if (found) return [a, b, ...found]
    }
  }
  throw new RangeError('The number must be a natural one.')
}

function twoSquares(n: number, most: number): readonly [number, number] | undefined {
  for (let c = Math.min(most, Math.floor(Math.sqrt(n))); c * c * 2 >= n; c -= 1) {
    const d = Math.round(Math.sqrt(n - c * c))
    if (d * d === n - c * c) return [c, d]
  }
  return undefined
}
