/** Half of what SQS takes, since a reference is counted in characters here and in bytes there. */
export const MAX_REFERENCES_CHARACTERS = 120_000

type Json = Readonly<Record<string, unknown>>

/**
 * One message for each trigger record, with the record as it came. A record with more references than a message can hold
 * becomes several, each with some of them.
 * @param event an event that decodes to trigger records, wrapped by SNS or not
 */
export const messagesOf = (event: unknown): readonly string[] =>
  recordsIn(event as Json)
    .flatMap(split)
    .map((record) => JSON.stringify({ Records: [record] }))

const recordsIn = (event: Json): readonly Json[] => {
  if (typeof event.Message === 'string') return recordsIn(JSON.parse(event.Message) as Json)
  if (!Array.isArray(event.Records)) return []
  return (event.Records as readonly Json[]).flatMap((record) => {
    const sns = record.Sns as Json | undefined
    return sns ? recordsIn(sns) : [record]
  })
}

const split = (record: Json): readonly Json[] => {
  const codecommit = record.codecommit as Json | null | undefined
  const references = codecommit?.references as readonly unknown[] | null | undefined
  if (!references || JSON.stringify(references).length <= MAX_REFERENCES_CHARACTERS) return [record]
  const parts: unknown[][] = [[]]
  let characters = 0
  for (const reference of references) {
    const length = JSON.stringify(reference).length
    if (characters + length > MAX_REFERENCES_CHARACTERS) {
      parts.push([])
      characters = 0
    }
    parts.at(-1)?.push(reference)
    characters += length
  }
  return parts.map((part, index) => ({
    ...record,
    // each part is an event of its own for whoever remembers ids, also if CodeCommit numbered the record itself
    eventPartNumber: (Number(record.eventPartNumber ?? 1) - 1) * 1000 + index + 1,
    codecommit: { ...codecommit, references: part },
  }))
}
