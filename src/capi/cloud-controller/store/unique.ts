export { isUniqueViolation } from "../../../kit/database.ts";
