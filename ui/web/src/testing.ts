/** What every component test needs: a clean page after each, and patience. */
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

configure({ asyncUtilTimeout: 4000 }); // a busy machine is slow, not wrong
afterEach(cleanup);
