/** "Creating and managing projects"; the domain of the first ones is a prefix with a colon. */
export const googleProject = /^(?:[a-z0-9][a-z0-9.-]{0,100}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
