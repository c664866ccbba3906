"""The events resource of the Bitbucket 1.0 API, served again from relay's store."""
