#!/bin/sh
# Adds amounts in cents and prints the sum in dollars:
#   sh total.sh 1050 205    prints 12.55

sum=0
for amount in "$@"; do
    sum=$((sum + amount))
done
echo "$((sum / 100)).$((sum % 100))"
