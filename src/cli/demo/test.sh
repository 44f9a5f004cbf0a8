#!/bin/sh
# The test of total.sh.

failed=0

expect() {
    wanted=$1
    shift
    got=$(sh total.sh "$@")
    if [ "$got" = "$wanted" ]; then
        echo "ok      total.sh${*:+ $*} is $wanted"
    else
        echo "FAILED  total.sh${*:+ $*} is $got, not $wanted"
        failed=1
    fi
}

expect 12.55 1050 205
expect 10.05 1000 5
expect 0.00
exit $failed
