/**
 * Says, right before a request that writes is sent, how many milliseconds from now it may take.
 *
 * @throws where it must not be sent at all
 */
export type Permit = () => number;

/** Of any command. */
type Sent = {
  readonly middlewareStack: {
    add(
      middleware: <Args, Output>(next: (args: Args) => Promise<Output>) => (args: Args) => Promise<Output>,
      options: { readonly step: 'finalizeRequest'; readonly priority: 'low'; readonly name: string },
    ): void;
  };
};

/**
 * Lets a command ask for its permit when it is signed and about to leave: looking for credentials takes time, and so does a
 * machine that falls asleep meanwhile.
 */
export function askBeforeSending(command: Sent, permit: Permit): void {
  command.middlewareStack.add(
    (next) => (args) => {
      permit();
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'permit' },
  );
}
