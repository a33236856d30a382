/** Arguments whose next argument is a secret. None of ours takes one there; a plugin's mistake must not be logged. */
const SECRET_BEFORE = /^(?:--?)?(?:private-key|preshared-key|password|passphrase|token|secret|key)$/i;
/** `https://user:password@host`. */
const URL_CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)[^/@]+@/i;

/** An argument vector as people and logs may see it. */
export const redactArgv = (argv: readonly string[]): string =>
  argv
    .map((argument, at) => {
      const isSecret = at > 0 && SECRET_BEFORE.test(argv[at - 1]!) && !argument.startsWith('/dev/');
      const inline = /^(--[a-z-]*(?:key|password|token|secret))=./i.exec(argument);
      if (isSecret) return '[secret]';
      if (inline !== null) return `${inline[1]}=[secret]`;
      return argument.replace(URL_CREDENTIALS, '$1[secret]@');
    })
    .join(' ');
