/** A program that containers can run: a file that Node.js runs, with arguments that come before those of the container. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/** Which image stands for which program, by the image's repository: `conduit/corner-shop-web`. */
export type Programs = ReadonlyMap<string, Program>;

/** The program that an image stands for, whatever its tag or digest. Undefined: nothing runs, the pod is a mere address. */
export function programOf(programs: Programs, image: string): Program | undefined {
  return programs.get(repositoryOf(image));
}

/** `registry:5000/shop/web:v1@sha256:…` → `registry:5000/shop/web`. */
function repositoryOf(image: string): string {
  const [name = ''] = image.split('@');
  return name.replace(/:[^:/]*$/, '');
}
