import { existsSync, readFileSync } from 'node:fs'
import { treeOf } from './processes.ts'

/** A secret that was found where none may be. The secret itself is not in it. */
export interface Leak {
  readonly secret: string
  readonly where: string
  /** what stands around it, the secret cut out */
  readonly around: string
}

/** Holds the secrets that are in play, and looks for them, in every form in which they travel, in all that it is shown. */
export interface SecretWatch {
  /** @param name what the secret is called in a report */
  secret(name: string, value: string): void
  /** @param where what the text is, for a report */
  look(where: string, text: string): void
  /** command lines of all processes below this one, and environments of those that `isPlain` says have no right to a secret */
  lookAtProcesses(pid: number, isPlain?: (command: string) => boolean): void
  /** how many texts and characters were looked at: a check that saw nothing has found nothing */
  seen(): { readonly secrets: number; readonly texts: number; readonly characters: number }
  /** of all texts so far, those that were shown before a secret was named too */
  leaks(): readonly Leak[]
}

/** A shorter one would be found everywhere. */
const SHORTEST = 8
const MOST_LEAKS = 50

export const watchSecrets = (): SecretWatch => {
  // by their first characters: thousands of signed passwords are looked for in one walk through a text
  const forms = new Map<string, Map<string, string>>()
  const names = new Set<string>()
  const leaks: Leak[] = []
  const pending: { readonly where: string; readonly text: string }[] = []
  let texts = 0
  let characters = 0
  const look: SecretWatch['look'] = (where, text) => {
    texts += 1
    characters += text.length
    pending.push({ where, text })
  }
  const search = (where: string, text: string): void => {
    for (let at = 0; at + SHORTEST <= text.length; at += 1) {
      const some = forms.get(text.slice(at, at + SHORTEST))
      if (!some) continue
      for (const [form, secret] of some) {
        if (!text.startsWith(form, at) || leaks.length >= MOST_LEAKS) continue
        const end = at + form.length
        const around = `${text.slice(Math.max(0, at - 80), at)}<${secret}>${text.slice(end, end + 40)}`
        leaks.push({ secret, where, around })
      }
    }
  }
  return {
    look,
    leaks: () => {
      for (const { where, text } of pending.splice(0)) search(where, text)
      return leaks
    },
    secret: (name, value) => {
      if (value.length < SHORTEST) throw new Error(`${name} is too short to be looked for`)
      if (names.has(value)) return
      names.add(value)
      for (const form of formsOf(value)) {
        const start = form.slice(0, SHORTEST)
        forms.set(start, (forms.get(start) ?? new Map<string, string>()).set(form, name))
      }
    },
    lookAtProcesses: (pid, isPlain = () => false) => {
      for (const one of treeOf(pid)) {
        look(`command line of ${one.pid}`, one.command)
        if (isPlain(one.command)) look(`environment of: ${one.command.slice(0, 80)}`, environmentOf(one.pid))
      }
    },
    seen: () => ({ secrets: names.size, texts, characters }),
  }
}

/** As it is; in a URL; in JSON; in Base64 and hexadecimal digits, alone. */
const formsOf = (value: string): ReadonlySet<string> => {
  const bytes = Buffer.from(value)
  const forms = [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]
  return new Set(forms)
}

/** '' where there is no /proc, or the process has ended. */
const environmentOf = (pid: number): string => {
  if (!existsSync(`/proc/${pid}/environ`)) return ''
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').replaceAll('\0', '\n')
  } catch {
    return ''
  }
}
