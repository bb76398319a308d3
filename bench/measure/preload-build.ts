/** For `node --require`: the program then runs on the build in the folder that BENCH_BUILD names. */
import { useBuild } from './other-build';

useBuild(process.env.BENCH_BUILD!);
