import { cutShort, placeholder } from '../fill.ts'

/** What a rule must find (the secret between ⟦ and ⟧, where it is not the whole match) and what it must not. */
export interface Sample {
  readonly hits: readonly string[]
  readonly misses: readonly string[]
  /** where the text is; paths of their own for rules that look at nothing else */
  readonly path?: string
  readonly paths?: { readonly hits: readonly string[]; readonly misses: readonly string[] }
  /** rules that find the same as well */
  readonly also?: readonly string[]
}

export type Samples = Readonly<Record<string, Sample>>

type Extra = Partial<Sample>

/** A token that its own form tells: in code, in YAML, in XML; not as a placeholder, not when cut short. */
export const token = (template: string, extra: Extra = {}): Sample => ({
  hits: [`const it = "⟦${template}⟧"`, `  - ⟦${template}⟧\n`, `<v>⟦${template}⟧</v>`],
  misses: [`const it = "${placeholder(template)}"`, `it: ${cutShort(template)}`],
  ...extra,
})

/** A value that its name tells: settings, JSON, lists of name and value; not with another name, not when cut short. */
export const named = (name: string, template: string, extra: Extra = {}): Sample => ({
  hits: [
    `${name}=⟦${template}⟧\n`,
    `"${name}": "⟦${template}⟧",`,
    `"name": "${name}", "value": "⟦${template}⟧"`,
  ],
  misses: [`OTHER_THING=${template}`, `${name}=${cutShort(template)}`, `${name}=\${{ vars.IT }}`],
  ...extra,
})

/** Texts as they are. */
export const texts = (hits: readonly string[], misses: readonly string[], extra: Extra = {}): Sample => ({
  hits,
  misses,
  ...extra,
})

/** Paths as they are. */
export const paths = (hits: readonly string[], misses: readonly string[]): Sample => ({
  hits: [],
  misses: [],
  paths: { hits, misses },
})
