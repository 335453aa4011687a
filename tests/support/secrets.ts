import { existsSync, readdirSync, readFileSync } from 'node:fs'
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
  readonly leaks: readonly Leak[]
}

/** A shorter one would be found everywhere. */
const SHORTEST = 8
const MOST_LEAKS = 50

export const watchSecrets = (): SecretWatch => {
  const forms = new Map<string, string>()
  const names = new Set<string>()
  const leaks: Leak[] = []
  let texts = 0
  let characters = 0
  const look: SecretWatch['look'] = (where, text) => {
    texts += 1
    characters += text.length
    for (const [form, secret] of forms) {
      const at = text.indexOf(form)
      if (at < 0 || leaks.length >= MOST_LEAKS) continue
      const around = `${text.slice(Math.max(0, at - 80), at)}<${secret}>${text.slice(at + form.length, at + form.length + 40)}`
      leaks.push({ secret, where, around })
    }
  }
  return {
    leaks,
    look,
    secret: (name, value) => {
      if (value.length < SHORTEST) throw new Error(`${name} is too short to be looked for`)
      names.add(value)
      for (const form of formsOf(value)) forms.set(form, name)
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

/** Names of files below a folder, for looking at what was left there. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
