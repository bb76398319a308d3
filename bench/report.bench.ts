/** Turns the results in bench/results into plots and one page: `npm run bench:report`. */
import { writeReport } from './report/page';

console.log(`wrote ${writeReport()}`);
