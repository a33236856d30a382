/** One life of the guest: from power on until it says `end`, or until we pull the plug. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { GuestImage } from './guest-image.ts';

const MEMORY_MIB = 1536;

export interface BootOptions {
  readonly image: GuestImage;
  /** Words for the kernel's command line, which the guest's scripts read. */
  readonly words: readonly string[];
  /** Where the kernel's console goes. */
  readonly consoleFile: string;
  readonly timeoutMs: number;
  /** Called for every line that the guest reports; `true` pulls the plug. */
  readonly onLine: (line: string) => boolean;
}

/** Boots, and resolves when the machine is off. Rejects when it ends by itself before its work is done, or too late. */
export const bootGuest = async ({
  image,
  words,
  consoleFile,
  timeoutMs,
  onLine,
}: BootOptions): Promise<void> => {
  const { disk, kernel, initrd } = image;
  const append = ['root=/dev/vda', 'rw', 'console=ttyS0', 'panic=-1', 'quiet', ...words].join(' ');
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      // cmpxchg16b: the emulator's own is broken for the way the kernel's allocator uses it, and panics.
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max,cx16=off', '-smp', '2', '-m', String(MEMORY_MIB)],
      ...['-display', 'none', '-monitor', 'none', '-nic', 'none', '-no-reboot'],
      ...['-kernel', kernel, '-initrd', initrd, '-append', append],
      ...['-drive', `file=${disk},if=virtio,format=raw,cache=writeback`],
      ...['-serial', `file:${consoleFile}`, '-serial', 'stdio'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let isPulled = false;
  const pull = () => {
    isPulled = true;
    qemu.kill('SIGKILL');
  };
  const exited = new Promise<number | null>((resolve, reject) => {
    qemu.once('error', reject).once('exit', resolve);
  });
  const timer = setTimeout(() => qemu.kill('SIGKILL'), timeoutMs);
  try {
    for await (const line of createInterface({ input: qemu.stdout })) {
      if (onLine(line.trim())) pull();
    }
    const code = await exited;
    if (!isPulled)
      throw new Error(`The guest ended before its work was done (exit ${code}); see ${consoleFile}`);
  } finally {
    clearTimeout(timer);
    qemu.kill('SIGKILL');
  }
};
