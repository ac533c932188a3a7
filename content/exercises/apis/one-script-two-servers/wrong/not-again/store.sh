# store.sh URL: puts the day's sales on the file server at URL, and reads them back.
set -e
printf 'tea,4\nbread,3\ncheese,7\n' > /tmp/sales.csv

curl -sSf -X PUT "$1/webhdfs/v1/reports?op=MKDIRS"
curl -sSf -L -X PUT -H 'Content-Type: application/octet-stream' -T /tmp/sales.csv "$1/webhdfs/v1/reports/sales.csv?op=CREATE"
curl -sSf -L "$1/webhdfs/v1/reports/sales.csv?op=OPEN"
