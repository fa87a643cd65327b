/** The addresses of the app. Every page behind the desk needs a session. */
import { t } from '@/shared/language/language';
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { alertFilter } from '@/features/alerts/alertFilter';
import { dashboardView } from '@/features/dashboard/period';
import { rulesView } from '@/features/rules/rulesView';
import { sessionQuery } from '@/features/session/session';
import { vehicleView } from '@/features/vehicles/vehicleView';
import { Waiting } from '@/shared/page/Notice';
import { BrokenPage } from './BrokenPage';
import { NotFoundPage } from './NotFoundPage';
import { Shell } from './Shell';

const root = createRootRouteWithContext<{ queries: QueryClient }>()();

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { next?: string } => (isLocalPath(search.next) ? { next: search.next } : {}),
  component: lazyRouteComponent(() => import('@/features/session/SignInPage'), 'SignInPage'),
});

const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('@/features/session/WelcomePage'), 'WelcomePage'),
});

/** Only a path of this app: an address of another site after sign-in would be a trap. */
function isLocalPath(next: unknown): next is string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next);
}

const desk = createRoute({
  getParentRoute: () => root,
  id: 'desk',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => desk,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/alerts', replace: true });
  },
});

const alerts = createRoute({
  getParentRoute: () => desk,
  path: '/alerts',
  validateSearch: alertFilter,
  component: lazyRouteComponent(() => import('@/features/alerts/AlertsPage'), 'AlertsPage'),
});

const alert = createRoute({
  getParentRoute: () => desk,
  path: '/alerts/$alertId',
  component: lazyRouteComponent(() => import('@/features/alerts/AlertPage'), 'AlertPage'),
});

const dashboard = createRoute({
  getParentRoute: () => desk,
  path: '/dashboard',
  validateSearch: dashboardView,
  component: lazyRouteComponent(() => import('@/features/dashboard/DashboardPage'), 'DashboardPage'),
});

const drivers = createRoute({
  getParentRoute: () => desk,
  path: '/drivers',
  component: lazyRouteComponent(() => import('@/features/drivers/DriversPage'), 'DriversPage'),
});

const driver = createRoute({
  getParentRoute: () => desk,
  path: '/drivers/$driverId',
  component: lazyRouteComponent(() => import('@/features/drivers/DriverPage'), 'DriverPage'),
});

const settings = createRoute({
  getParentRoute: () => desk,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/features/settings/SettingsPage'), 'SettingsPage'),
});

const people = createRoute({
  getParentRoute: () => desk,
  path: '/settings/people',
  component: lazyRouteComponent(() => import('@/features/people/PeoplePage'), 'PeoplePage'),
});

const rules = createRoute({
  getParentRoute: () => desk,
  path: '/settings/rules',
  validateSearch: rulesView,
  component: lazyRouteComponent(() => import('@/features/rules/RulesPage'), 'RulesPage'),
});

const devices = createRoute({
  getParentRoute: () => desk,
  path: '/settings/devices',
  component: lazyRouteComponent(() => import('@/features/devices/DevicesPage'), 'DevicesPage'),
});

const security = createRoute({
  getParentRoute: () => desk,
  path: '/settings/security',
  component: lazyRouteComponent(() => import('@/features/security/SecurityPage'), 'SecurityPage'),
});

const notifications = createRoute({
  getParentRoute: () => desk,
  path: '/settings/notifications',
  component: lazyRouteComponent(() => import('@/features/notifications/NotificationsPage'), 'NotificationsPage'),
});

const help = createRoute({
  getParentRoute: () => desk,
  path: '/help',
  component: lazyRouteComponent(() => import('@/features/help/HelpPage'), 'HelpPage'),
});

const vehicles = createRoute({
  getParentRoute: () => desk,
  path: '/vehicles',
  validateSearch: vehicleView,
  component: lazyRouteComponent(() => import('@/features/vehicles/VehiclesPage'), 'VehiclesPage'),
});

const vehicle = createRoute({
  getParentRoute: () => desk,
  path: '/vehicles/$vehicleId',
  component: lazyRouteComponent(() => import('@/features/vehicles/VehiclePage'), 'VehiclePage'),
});

const routeTree = root.addChildren([
  signIn,
  welcome,
  desk.addChildren([
    home,
    alerts,
    alert,
    dashboard,
    vehicles,
    vehicle,
    drivers,
    driver,
    settings,
    people,
    devices,
    rules,
    notifications,
    security,
    help,
  ]),
]);

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    scrollRestoration: true,
    defaultPreload: 'intent',
    defaultPendingComponent: () => <Waiting what={t('the page')} />,
    defaultErrorComponent: BrokenPage,
    defaultNotFoundComponent: NotFoundPage,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
