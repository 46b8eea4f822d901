export {
  type RegisteredComponent,
  type RouteRegistrarConfig,
  type RouteRegistrarDeps,
  startRouteRegistrar,
} from "./route-registrar.ts";
