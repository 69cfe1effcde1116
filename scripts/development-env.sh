# What Portal is told in development: sourced by the scripts that start it.
BIN=${CARGO_TARGET_DIR:-target}/debug/portal
PORT=${PORT:-8080}
AMAZON_PORT=${AMAZON_PORT:-8090}
URL=http://localhost:$PORT
AMAZON=http://localhost:$AMAZON_PORT
export PORTAL_MODE=development PORTAL_PUBLIC_URL=$URL PORTAL_LISTEN=127.0.0.1:$PORT PORTAL_DATA_DIR=data
export PORTAL_SIGN_UP__POLICY=open PORTAL_MAIL__CAPTURE_DIR=data/mail PORTAL_AMAZON__SIMULATOR_URL=$AMAZON
export PORTAL_LOG__FORMAT=text PORTAL_LOG__FILTER=${LOG:-warn} PORTAL_METRICS_LISTEN=127.0.0.1:$((PORT + 1000))
