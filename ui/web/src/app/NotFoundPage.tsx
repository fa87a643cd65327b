/** An address that leads nowhere. */
import { Link } from '@tanstack/react-router';
import { Nothing } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <Nothing title="There is nothing at this address.">
        It may have been moved, or the link is incomplete.{' '}
        <Link to="/alerts" className="link">
          Go to the alerts
        </Link>
      </Nothing>
    </Page>
  );
}
