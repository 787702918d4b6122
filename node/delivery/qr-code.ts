import QRCode from 'qrcode'

/** A QR code (ISO/IEC 18004) of a URL: SVG markup, and a PNG as a data URL. */
export async function qrCode(url: string): Promise<{ svg: string; png: string }> {
  const options = { errorCorrectionLevel: 'M', margin: 4 } as const
  const [svg, png] = await Promise.all([
    QRCode.toString(url, { ...options, type: 'svg' }),
    QRCode.toDataURL(url, { ...options, type: 'image/png', scale: 6 }),
  ])
  return { svg, png }
}
