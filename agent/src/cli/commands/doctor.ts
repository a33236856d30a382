/** `sidegate doctor`: what on this machine is in the way. */
import type { Command } from '../command.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { formatCount } from '../output/units.ts';

export const doctorCommand: Command = {
  path: ['doctor'],
  summary: 'Check this machine for what keeps Sidegate from working',
  description: 'Ends with exit code 1 when a check fails; warnings do not count.',
  async run(context) {
    const findings = await runDoctor(context);
    const count = (level: string) => findings.filter((finding) => finding.level === level).length;
    const [failures, warnings] = [count('fail'), count('warn')];
    context.json(findings);
    const { style } = context;
    const mark = { ok: style.green('  ok'), warn: style.yellow('warn'), fail: style.red('fail') };
    for (const { level, title, hint } of findings) {
      context.say(`${mark[level]}  ${plain(title)}`);
      if (hint !== undefined) context.say(`      ${style.dim(plain(hint))}`);
    }
    context.say(
      `\n${failures + warnings === 0 ? 'All is well.' : `${formatCount(failures, 'failure')}, ${formatCount(warnings, 'warning')}.`}`,
    );
    return failures > 0 ? EXIT.failed : EXIT.ok;
  },
};
