// A fingerprint of weights: the same only if they are equal to the last bit.

/** SHA-256 of the bytes in hexadecimal; `null` where the browser has none, on a page that is not served securely. */
export async function fingerprintOf(weights: Float32Array): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(new Uint8Array(weights.buffer)))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
