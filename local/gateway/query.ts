import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from './service.ts'

/** More parameters than any call of the services here can have; bounds the work that one request may cause. */
export const QUERY_PARAMETERS_MAX = 10_000

interface Node {
  value?: string
  readonly children: Map<string, Node>
}

/** Parameters of an AWS query request, by the parts of their dotted names. */
export interface QueryForm {
  readonly get: (name: string) => string | undefined
  readonly root: Node
}

/**
 * @param text `application/x-www-form-urlencoded`
 * @throws {AwsError} MalformedQueryString past {@link QUERY_PARAMETERS_MAX}
 */
export const parseForm = (text: string): QueryForm => {
  const root: Node = { children: new Map() }
  let count = 0
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1
    if (count > QUERY_PARAMETERS_MAX)
      throw new AwsError('MalformedQueryString', `More than ${QUERY_PARAMETERS_MAX} parameters.`, 400)
    let node = root
    for (const part of name.split('.')) {
      let next = node.children.get(part)
      if (!next) {
        next = { children: new Map() }
        node.children.set(part, next)
      }
      node = next
    }
    node.value = value
  }
  return { root, get: (name) => root.children.get(name)?.value }
}

/**
 * Form parameters become what the SDK's command takes: Smithy, "AWS query protocol" (lists under `member.N`, or `N` where
 * flattened; maps under `entry.N.key`).
 * @throws {AwsError} MalformedInput for a value of another type than the schema's
 */
export const decodeQuery = (schema: NormalizedSchema, node: Node | undefined): unknown => {
  if (!node || schema.isUnitSchema()) return undefined
  if (schema.isStructSchema()) {
    const members: [string, unknown][] = []
    for (const [name, member] of schema.structIterator()) {
      const decoded = decodeQuery(member, node.children.get(member.getMergedTraits().xmlName ?? name))
      if (decoded !== undefined) members.push([name, decoded])
    }
    return Object.fromEntries(members)
  }
  if (schema.isListSchema()) {
    const item = schema.getValueSchema()
    const flat = Boolean(schema.getMergedTraits().xmlFlattened)
    const items = flat ? node : node.children.get(item.getMergedTraits().xmlName ?? 'member')
    return numbered(items)
      .map((child) => decodeQuery(item, child))
      .filter((entry) => entry !== undefined)
  }
  if (schema.isMapSchema()) {
    const [key, item] = [schema.getKeySchema(), schema.getValueSchema()]
    const flat = Boolean(schema.getMergedTraits().xmlFlattened)
    const entries = numbered(flat ? node : node.children.get('entry')).map((entry) => [
      entry.children.get(key.getMergedTraits().xmlName ?? 'key')?.value ?? '',
      decodeQuery(item, entry.children.get(item.getMergedTraits().xmlName ?? 'value')),
    ])
    return Object.fromEntries(entries)
  }
  return node.value === undefined ? undefined : decodeText(schema, node.value)
}

const numbered = (node: Node | undefined): Node[] =>
  [...(node?.children ?? [])]
    .filter(([key]) => /^[1-9]\d*$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child)

/** @throws {AwsError} MalformedInput for a value of another type than the schema's */
export const decodeText = (schema: NormalizedSchema, text: string): unknown => {
  if (schema.isStringSchema()) return text
  if (schema.isBooleanSchema()) {
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
    throw malformed(text, 'Boolean')
  }
  if (schema.isTimestampSchema()) {
    const date = new Date(/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : text)
    if (Number.isNaN(date.getTime())) throw malformed(text, 'Timestamp')
    return date
  }
  if (schema.isBlobSchema()) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw malformed(text, 'Blob')
    return new Uint8Array(Buffer.from(text, 'base64'))
  }
  if (!/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text)) throw malformed(text, 'Number')
  return Number(text)
}

const malformed = (text: string, wanted: string) =>
  new AwsError('MalformedInput', `'${text.slice(0, 40)}' can not be converted to a ${wanted}`)

/** One element of an answer: `<name>…</name>`, several for a flattened list. Nothing for undefined. */
export const encodeXml = (schema: NormalizedSchema, name: string, value: unknown): string => {
  if (value === undefined || value === null) return ''
  const { xmlFlattened } = schema.getMergedTraits()
  if (schema.isStructSchema()) return element(name, structBody(schema, value as Record<string, unknown>))
  if (schema.isListSchema()) {
    const item = schema.getValueSchema()
    const itemName = xmlFlattened ? name : (item.getMergedTraits().xmlName ?? 'member')
    const items = Array.from(value as Iterable<unknown>, (entry) => encodeXml(item, itemName, entry)).join('')
    return xmlFlattened ? items : element(name, items)
  }
  if (schema.isMapSchema()) {
    const [key, item] = [schema.getKeySchema(), schema.getValueSchema()]
    const entries = Object.entries(value as object)
      .filter(([, entry]) => entry !== undefined && entry !== null)
      .map(([text, entry]) =>
        element(
          xmlFlattened ? name : 'entry',
          element(key.getMergedTraits().xmlName ?? 'key', escapeXml(text)) +
            encodeXml(item, item.getMergedTraits().xmlName ?? 'value', entry),
        ),
      )
      .join('')
    return xmlFlattened ? entries : element(name, entries)
  }
  return element(name, escapeXml(textOf(schema, value)))
}

/** The members of a structure, one element each. */
export const structBody = (schema: NormalizedSchema, value: Readonly<Record<string, unknown>>): string => {
  let body = ''
  for (const [name, member] of schema.structIterator())
    body += encodeXml(member, member.getMergedTraits().xmlName ?? name, value[name])
  return body
}

const textOf = (schema: NormalizedSchema, value: unknown): string => {
  // whole seconds, as IAM and STS write them
  if (schema.isTimestampSchema()) return `${(value as Date).toISOString().slice(0, 19)}Z`
  if (schema.isBlobSchema()) return Buffer.from(value as Uint8Array).toString('base64')
  return String(value)
}

/** `name` is ours or the schema's, never from a request. */
export const element = (name: string, body: string): string => `<${name}>${body}</${name}>`

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
}

export const escapeXml = (text: string): string =>
  text
    .replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? '')
    // XML 1.0, section 2.2: these cannot stand in a document at all
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
