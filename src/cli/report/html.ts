/**
 * A report as one HTML page that needs nothing else: the page's code and style (made by scripts/report-page.mjs), and
 * the model as JSON. Whatever the file holds is data to it, never markup: the JSON cannot end its element, the page
 * writes texts only, and a policy lets nothing run but the page's own code and nothing be fetched.
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ReportModel } from './model.js'

/** The page's code and style, built into dist; the path is the same from src and from dist. */
const asset = (name: string): string =>
  readFileSync(new URL(`../../../dist/cli/report/${name}`, import.meta.url), 'utf8')

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Crect width='20' height='20' rx='6' fill='%235b5bd6'/%3E%3Cpath d='M5 7h10M5 10.5h10M5 14h6' stroke='%23fff' stroke-width='1.5'/%3E%3C/svg%3E"

export function reportHtml(model: ReportModel): string {
  const script = asset('page.js')
  const style = asset('page.css')
  const policy = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="daybook">
<title>${escapeText(`${model.file} · daybook ${model.report}`)}</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<noscript>This page needs JavaScript to show what it holds.</noscript>
<script type="application/json" id="model">${embeddedJson(model)}</script>
<script type="module">${script}</script>
</body>
</html>
`
}

/**
 * JSON inside a script element: without a `<` nothing in it ends the element or begins a comment, whatever it says.
 * U+2028 and U+2029 are line ends to some readers of text.
 */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[<\u2028\u2029]/g, escaped)
}

const escaped = (text: string): string => `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`

const escapeText = (text: string): string =>
  text
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`
