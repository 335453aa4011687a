/**
 * What is wrong with a text that is no JSON, in the words of the parser that SNS uses (recorded for field names and unknown words;
 * the others are that parser's own, Jackson 2.17).
 * @returns undefined when it is JSON
 */
export const jsonFailure = (text: string): string | undefined => {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return describe(text)
  }
}

const where = (text: string, index: number): string => {
  const before = text.slice(0, index)
  const line = before.split('\n').length
  const column = index - (before.lastIndexOf('\n') + 1) + 1
  return `at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${line}, column: ${column}]`
}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
const SCALAR = /(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true\b|false\b|null\b)/y
const SPACE = /\s*/y

const describe = (text: string): string => {
  const open: { readonly close: '}' | ']'; readonly at: number }[] = []
  let index = 0
  let wanted: 'value' | 'name' | 'colon' | 'next' = 'value'
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = index
    if (!pattern.test(text)) return false
    index = pattern.lastIndex
    return true
  }
  const failure = (why: string, at: number) => `${why}\n ${where(text, at)}`
  const unexpected = (expecting: string) => {
    const character = text[index] ?? ''
    return failure(
      `Unexpected character ('${character}' (code ${character.charCodeAt(0)})): ${expecting}`,
      index,
    )
  }
  const ended = () => {
    const inner = open.at(-1)
    if (!inner) return failure('Unexpected end-of-input', index)
    const kind = inner.close === '}' ? 'Object' : 'Array'
    return failure(
      `Unexpected end-of-input: expected close marker for ${kind} (start marker ${where(text, inner.at)})`,
      index,
    )
  }

  for (;;) {
    skip(SPACE)
    const character = text[index]
    const inner = open.at(-1)
    if (character === undefined) return ended()
    const mayClose = inner && (wanted === 'next' || text.slice(inner.at + 1, index).trim() === '')
    if (mayClose && character === inner.close) {
      open.pop()
      index += 1
      wanted = 'next'
    } else if (wanted === 'value') {
      if (character === '{' || character === '[') {
        open.push({ close: character === '{' ? '}' : ']', at: index })
        index += 1
        wanted = character === '{' ? 'name' : 'value'
      } else if (skip(SCALAR)) wanted = 'next'
      else {
        const word = /^[\w$]+/.exec(text.slice(index))?.[0]
        if (!word) return unexpected(`expected a valid value ${VALUES}`)
        return failure(`Unrecognized token '${word}': was expecting ${VALUES}`, index + word.length)
      }
    } else if (wanted === 'name') {
      if (character !== '"' || !skip(SCALAR))
        return character === '"' ? ended() : unexpected('was expecting double-quote to start field name')
      wanted = 'colon'
    } else if (wanted === 'colon') {
      if (character !== ':') return unexpected('was expecting a colon to separate field name and value')
      index += 1
      wanted = 'value'
    } else {
      if (!inner || character !== ',')
        return unexpected(
          inner
            ? `was expecting comma to separate ${inner.close === '}' ? 'Object' : 'Array'} entries`
            : 'Expected end of input',
        )
      index += 1
      wanted = inner.close === '}' ? 'name' : 'value'
    }
  }
}
