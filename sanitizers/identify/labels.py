"""The names of file formats, for notices and reports: ours, never the file's.

One table: canonical media type, Japanese and English name, name extensions (the first is
the one expected). Light on purpose: the gateway imports it without libmagic. It decides
nothing about safety except `is_program`, and a type missing here is never a known one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

UNKNOWN: Final = "application/octet-stream"
EMPTY: Final = "application/x-empty"
#: Text or bytes that only their name marks as runnable (`.com`, `.cpl`, `.gadget` …).
PROGRAM: Final = "application/x-program"


@dataclass(frozen=True, slots=True)
class Format:
    """One row: names for people, extensions without the dot, and whether it can run."""

    ja: str
    en: str
    extensions: tuple[str, ...]
    program: bool = False


_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."

# (media type, Japanese, English, extensions)
_DOCUMENTS: Final = (
    ("application/pdf", "PDF文書", "PDF document", "pdf"),
    ("text/plain", "テキスト", "Plain text", "txt text log md"),
    ("text/html", "HTML文書", "HTML document", "html htm xhtml xht shtml"),
    ("text/csv", "CSVファイル", "CSV table", "csv"),
    ("text/tab-separated-values", "TSVファイル", "TSV table", "tsv tab"),
    ("text/calendar", "カレンダー（iCalendar）", "iCalendar", "ics ical ifb vcs"),
    ("text/vcard", "連絡先（vCard）", "vCard", "vcf vcard"),
    ("message/rfc822", "メール（EML）", "Mail message", "eml"),
    ("application/mbox", "メールボックス（mbox）", "Mailbox (mbox)", "mbox mbx"),
    ("application/x-mimearchive", "Webアーカイブ（MHTML）", "Web archive (MHTML)", "mht mhtml"),
    ("application/vnd.ms-outlook", "Outlookメール（MSG）", "Outlook message", "msg oft"),
    ("application/vnd.ms-outlook-pst", "Outlookデータ（PST）", "Outlook data file", "pst ost"),
    ("application/ms-tnef", "Outlook形式の添付（winmail.dat）", "TNEF (winmail.dat)", "tnef dat"),
    ("application/pkcs7-mime", "S/MIMEデータ", "S/MIME data", "p7m p7c p7b"),
    ("application/pkcs7-signature", "S/MIME電子署名", "S/MIME signature", "p7s"),
    ("application/pgp-encrypted", "PGP暗号化データ", "PGP encrypted data", "pgp gpg asc"),
    ("application/pgp-signature", "PGP電子署名", "PGP signature", "sig asc"),
    ("application/pgp-keys", "PGP公開鍵", "PGP keys", "asc key"),
    ("application/x-x509-cert", "電子証明書", "X.509 certificate", "cer crt pem der"),
    ("application/json", "JSONファイル", "JSON", "json"),
    ("application/xml", "XMLファイル", "XML", "xml xsl xslt xsd"),
    ("application/rtf", "リッチテキスト（RTF）", "Rich Text Format", "rtf"),
    ("application/msword", "Word文書（旧形式）", "Word 97-2003 document", "doc dot wiz"),
    ("application/vnd.ms-excel", "Excelブック（旧形式）", "Excel 97-2003", "xls xlt xlm xlw"),
    ("application/vnd.ms-powerpoint", "PowerPoint（旧形式）", "PowerPoint 97-2003", "ppt pot pps"),
    (_OOXML + "wordprocessingml.document", "Word文書", "Word document", "docx"),
    (_OOXML + "wordprocessingml.template", "Wordテンプレート", "Word template", "dotx"),
    (_OOXML + "spreadsheetml.sheet", "Excelブック", "Excel workbook", "xlsx"),
    (_OOXML + "spreadsheetml.template", "Excelテンプレート", "Excel template", "xltx"),
    (_OOXML + "presentationml.presentation", "PowerPoint", "PowerPoint presentation", "pptx"),
    (_OOXML + "presentationml.template", "PowerPointテンプレート", "PowerPoint template", "potx"),
    (_OOXML + "presentationml.slideshow", "PowerPointスライドショー", "PowerPoint show", "ppsx"),
    ("application/vnd.ms-word.document.macroenabled.12", "Word文書（マクロ付き）",
     "Word document with macros", "docm"),
    ("application/vnd.ms-word.template.macroenabled.12", "Wordテンプレート（マクロ付き）",
     "Word template with macros", "dotm"),
    ("application/vnd.ms-excel.sheet.macroenabled.12", "Excelブック（マクロ付き）",
     "Excel workbook with macros", "xlsm"),
    ("application/vnd.ms-excel.template.macroenabled.12", "Excelテンプレート（マクロ付き）",
     "Excel template with macros", "xltm"),
    ("application/vnd.ms-excel.addin.macroenabled.12", "Excelアドイン", "Excel add-in", "xlam"),
    ("application/vnd.ms-excel.sheet.binary.macroenabled.12", "Excelバイナリブック",
     "Excel binary workbook", "xlsb"),
    ("application/vnd.ms-powerpoint.presentation.macroenabled.12", "PowerPoint（マクロ付き）",
     "PowerPoint with macros", "pptm"),
    ("application/vnd.ms-powerpoint.template.macroenabled.12",
     "PowerPointテンプレート（マクロ付き）", "PowerPoint template with macros", "potm"),
    ("application/vnd.ms-powerpoint.slideshow.macroenabled.12",
     "PowerPointスライドショー（マクロ付き）", "PowerPoint show with macros", "ppsm"),
    ("application/vnd.ms-powerpoint.addin.macroenabled.12", "PowerPointアドイン",
     "PowerPoint add-in", "ppam"),
    ("application/vnd.ms-officetheme", "Officeテーマ", "Office theme", "thmx"),
    ("application/x-encrypted-ooxml", "パスワード付きOffice文書", "Encrypted Office document",
     "docx xlsx pptx docm xlsm pptm xlsb"),
    ("application/vnd.visio", "Visio図面（旧形式）", "Visio 2003-2010 drawing", "vsd vst vss vdx"),
    ("application/vnd.ms-visio.drawing", "Visio図面", "Visio drawing",
     "vsdx vsdm vstx vstm vssx vssm"),
    ("application/vnd.ms-project", "Projectファイル", "Microsoft Project", "mpp mpt"),
    ("application/vnd.ms-publisher", "Publisher文書", "Microsoft Publisher", "pub"),
    ("application/vnd.ms-works", "Works文書", "Microsoft Works", "wps wks wdb"),
    ("application/vnd.ms-xpsdocument", "XPS文書", "XPS document", "xps oxps"),
    ("application/x-msaccess", "Accessデータベース", "Access database", "mdb accdb accde mde"),
    ("application/x-ole-storage", "OLE複合ファイル", "OLE compound file", "ole ole2"),
    (_ODF + "text", "OpenDocument文書", "OpenDocument text", "odt ott fodt odm"),
    (_ODF + "spreadsheet", "OpenDocument表計算", "OpenDocument spreadsheet", "ods ots fods"),
    (_ODF + "presentation", "OpenDocument発表資料", "OpenDocument presentation", "odp otp fodp"),
    (_ODF + "graphics", "OpenDocument図形", "OpenDocument drawing", "odg otg fodg"),
    (_ODF + "other", "OpenDocument", "OpenDocument", "odf odc odb odi odft"),
    ("application/vnd.sun.xml", "StarOffice文書", "OpenOffice.org 1.x", "sxw sxc sxi sxd sxm stw"),
    ("application/epub+zip", "電子書籍（EPUB）", "EPUB", "epub"),
    ("application/x-js-taro", "一太郎文書", "Ichitaro document",
     "jtd jtt jtdc jttc jfw jvw jbw juw jaw jtw jsw"),
    ("application/x-js-hanako", "花子図面", "Hanako drawing", "jhd jhw jbh jhdc"),
    ("application/x-js-sanshiro", "三四郎ブック", "Sanshiro workbook", "jsd jsh jsl"),
    ("application/vnd.fujifilm.fb.docuworks", "DocuWorks文書", "DocuWorks document", "xdw"),
    ("application/vnd.fujifilm.fb.docuworks.binder", "DocuWorksバインダー", "DocuWorks binder",
     "xbd xct"),
    ("application/vnd.fujitsu.oasys", "OASYS文書", "OASYS document", "oas oa2 oa3"),
    ("application/x-hwp", "ハングル文書（HWP）", "Hangul document", "hwp hwt"),
    ("application/hwp+zip", "ハングル文書（HWPX）", "Hangul document (HWPX)", "hwpx"),
    ("application/postscript", "PostScript", "PostScript", "ps eps ai"),
    ("application/vnd.wordperfect", "WordPerfect文書", "WordPerfect document", "wpd wp5 wp6"),
    ("application/vnd.lotus-1-2-3", "Lotus 1-2-3", "Lotus 1-2-3", "wk1 wk3 wk4 123"),
    ("application/x-dbf", "dBASEデータ", "dBASE table", "dbf"),
    ("application/x-shapefile", "地図データ（シェープファイル）", "Shapefile", "shp shx"),
    ("application/x-indesign", "InDesign文書", "InDesign document", "indd indt"),
    ("application/vnd.djvu", "DjVu文書", "DjVu document", "djvu djv"),
    ("application/vnd.sqlite3", "SQLiteデータベース", "SQLite database", "sqlite sqlite3 db"),
)  # fmt: skip

_MEDIA: Final = (
    ("image/jpeg", "JPEG画像", "JPEG image", "jpg jpeg jpe jfif mpo"),
    ("image/png", "PNG画像", "PNG image", "png apng"),
    ("image/gif", "GIF画像", "GIF image", "gif"),
    ("image/bmp", "BMP画像", "BMP image", "bmp dib"),
    ("image/tiff", "TIFF画像", "TIFF image", "tif tiff"),
    ("image/webp", "WebP画像", "WebP image", "webp"),
    ("image/heic", "HEIC画像", "HEIC image", "heic heics"),
    ("image/heif", "HEIF画像", "HEIF image", "heif heifs hif"),
    ("image/avif", "AVIF画像", "AVIF image", "avif avifs"),
    ("image/vnd.microsoft.icon", "アイコン画像", "Icon image", "ico cur"),
    ("image/jp2", "JPEG 2000画像", "JPEG 2000 image", "jp2 j2k jpf jpx j2c jpc"),
    ("image/jxl", "JPEG XL画像", "JPEG XL image", "jxl"),
    ("image/vnd.adobe.photoshop", "Photoshop画像", "Photoshop image", "psd psb"),
    ("image/emf", "EMF画像", "Enhanced Metafile", "emf"),
    ("image/wmf", "WMF画像", "Windows Metafile", "wmf"),
    ("image/x-svm", "SVM画像", "LibreOffice metafile", "svm"),
    ("image/svg+xml", "SVG画像", "SVG image", "svg svgz"),
    ("image/x-portable-anymap", "PNM画像", "PNM image", "pnm pbm pgm ppm pam"),
    ("image/x-raw", "RAW画像", "Camera raw image", "cr2 nef arw dng orf raf"),
    ("image/x-tga", "TGA画像", "TGA image", "tga"),
    ("image/vnd.zbrush.pcx", "PCX画像", "PCX image", "pcx"),
    ("image/vnd.ms-dds", "DDS画像", "DDS image", "dds"),
    ("image/vnd.dwg", "AutoCAD図面（DWG）", "AutoCAD drawing", "dwg dwt"),
    ("image/vnd.dxf", "CAD図面（DXF）", "DXF drawing", "dxf"),
    ("application/x-jww", "Jw_cad図面", "Jw_cad drawing", "jww jwc jws jwk"),
    ("application/p21", "CAD図面（SXF P21）", "SXF P21 drawing", "p21"),
    ("model/step", "3次元CADデータ（STEP）", "STEP model", "stp step p21"),
    ("model/iges", "CADデータ（IGES）", "IGES model", "igs iges"),
    ("application/x-ifc", "BIMモデル（IFC）", "IFC building model", "ifc"),
    ("model/vnd.dwf", "CAD図面（DWF）", "DWF drawing", "dwf"),
    ("application/x-sxf", "CAD図面（SXF SFC）", "SXF SFC drawing", "sfc"),
    ("audio/mpeg", "音声（MP3）", "MP3 audio", "mp3"),
    ("audio/wav", "音声（WAV）", "WAV audio", "wav"),
    ("audio/mp4", "音声（M4A）", "MPEG-4 audio", "m4a m4b mp4"),
    ("audio/aac", "音声（AAC）", "AAC audio", "aac"),
    ("audio/aiff", "音声（AIFF）", "AIFF audio", "aif aiff aifc"),
    ("audio/basic", "音声（AU）", "AU audio", "au snd"),
    ("audio/x-caf", "音声（CAF）", "Core Audio", "caf"),
    ("audio/flac", "音声（FLAC）", "FLAC audio", "flac"),
    ("audio/ogg", "音声（Ogg）", "Ogg audio", "ogg oga opus"),
    ("audio/midi", "音声（MIDI）", "MIDI audio", "mid midi"),
    ("audio/amr", "音声（AMR）", "AMR audio", "amr"),
    ("video/mp4", "動画（MP4）", "MP4 video", "mp4 m4v"),
    ("video/quicktime", "動画（QuickTime）", "QuickTime video", "mov qt"),
    ("video/3gpp", "動画（3GPP）", "3GPP video", "3gp 3g2"),
    ("video/x-msvideo", "動画（AVI）", "AVI video", "avi"),
    ("video/x-ms-asf", "動画・音声（Windows Media）", "Windows Media", "wmv wma asf"),
    ("video/mpeg", "動画（MPEG）", "MPEG video", "mpg mpeg m2ts mts m2t vob ts"),
    ("video/x-matroska", "動画（Matroska・WebM）", "Matroska or WebM video", "mkv webm"),
    ("video/x-flv", "動画（FLV）", "Flash video", "flv"),
    ("font/ttf", "フォント（TrueType）", "TrueType font", "ttf tte"),
    ("font/collection", "フォント（TrueTypeコレクション）", "Font collection", "ttc otc"),
    ("font/otf", "フォント（OpenType）", "OpenType font", "otf"),
    ("font/woff", "フォント（WOFF）", "WOFF font", "woff"),
    ("font/woff2", "フォント（WOFF2）", "WOFF2 font", "woff2"),
    ("application/vnd.ms-fontobject", "フォント（EOT）", "Embedded OpenType font", "eot"),
    ("application/x-font-type1", "フォント（Type 1）", "Type 1 font", "pfb pfa"),
)

_ARCHIVES: Final = (
    ("application/zip", "ZIPアーカイブ", "ZIP archive", "zip zipx"),
    ("application/x-7z-compressed", "7-Zipアーカイブ", "7z archive", "7z"),
    ("application/vnd.rar", "RARアーカイブ", "RAR archive", "rar"),
    ("application/x-tar", "TARアーカイブ", "TAR archive", "tar ustar"),
    ("application/gzip", "GZIP圧縮ファイル", "gzip data", "gz tgz svgz"),
    ("application/x-bzip2", "BZIP2圧縮ファイル", "bzip2 data", "bz2 tbz tbz2"),
    ("application/x-xz", "XZ圧縮ファイル", "xz data", "xz txz"),
    ("application/x-lzma", "LZMA圧縮ファイル", "lzma data", "lzma tlz"),
    ("application/zstd", "Zstandard圧縮ファイル", "Zstandard data", "zst tzst"),
    ("application/x-lz4", "LZ4圧縮ファイル", "LZ4 data", "lz4"),
    ("application/x-lzip", "LZIP圧縮ファイル", "lzip data", "lz"),
    ("application/x-lzop", "LZOP圧縮ファイル", "lzop data", "lzo"),
    ("application/x-lrzip", "LRZIP圧縮ファイル", "lrzip data", "lrz"),
    ("application/x-compress", "COMPRESS圧縮ファイル", "compress data", "z"),
    ("application/vnd.ms-cab-compressed", "CABアーカイブ", "Cabinet archive", "cab"),
    ("application/x-lzh", "LZHアーカイブ", "LZH archive", "lzh lha"),
    ("application/x-arj", "ARJアーカイブ", "ARJ archive", "arj"),
    ("application/x-ace", "ACEアーカイブ", "ACE archive", "ace"),
    ("application/x-cpio", "CPIOアーカイブ", "cpio archive", "cpio"),
    ("application/x-archive", "ARアーカイブ", "ar archive", "a ar"),
    ("application/x-xar", "XARアーカイブ", "xar archive", "xar"),
    ("application/warc", "WARCアーカイブ", "WARC archive", "warc"),
    ("application/x-iso9660-image", "ISOイメージ", "ISO 9660 image", "iso"),
)

# Withheld always, inside archives as well (programs, scripts, shortcuts, installers, images).
_PROGRAMS: Final = (
    ("application/x-dosexec", "Windowsプログラム", "Windows program",
     "exe dll scr cpl sys ocx drv efi xll mui ax acm com pif"),
    (PROGRAM, "実行できるファイル", "Runnable file",
     "gadget msp mst ps1xml cdxml psc1 psc2 msh msh1 msh2 appref-ms application xbap "
     "manifest theme themepack deskthemepack job grp its ade adp mad maf mag mam maq mar mas mat "
     "mau mav maw mda mdt mdw mdz ops osd pcd plg prf prg shb shs vsw wsc sct ws ins isp "
     "hpj mcf vsmacros vsto printerexport webpnp wll wlm "
     "diagcab diagcfg diagpkg appcontent-ms searchconnector-ms search-ms library-ms "
     "settingcontent-ms mcl msu command tool action workflow scpt applescript "
     "kext bundle run csproj vbproj vcxproj proj targets xaml sln xlb vxd rsp udl dqy oqy rqy odc "
     "ppkg lua tcl rb awk vbp bas cls ts mjs cjs jsx psd1 ps2 pyw "
     "pyz pyo phar php3 php4 php5 phtml asp aspx ashx jsp cgi r ipynb"),
    ("application/x-elf", "Linuxプログラム", "ELF program", "elf so o ko"),
    ("application/x-mach-binary", "macOSプログラム", "Mach-O program", "dylib macho"),
    ("application/wasm", "WebAssembly", "WebAssembly", "wasm"),
    ("application/java-archive", "Javaプログラム（JAR）", "Java archive", "jar war ear"),
    ("application/java-vm", "Javaプログラム", "Java class", "class"),
    ("application/x-java-jnlp-file", "Java起動ファイル（JNLP）", "Java Web Start", "jnlp"),
    ("application/vnd.android.package-archive", "Androidアプリ", "Android package",
     "apk aab xapk apkm"),
    ("application/vnd.android.dex", "Androidプログラム", "Dalvik bytecode", "dex"),
    ("application/x-ios-app", "iOSアプリ", "iOS app", "ipa"),
    ("application/x-xpinstall", "ブラウザー拡張機能（XPI）", "Browser extension", "xpi crx"),
    ("application/vsix", "Visual Studio拡張機能", "Visual Studio extension", "vsix nupkg"),
    ("application/msix", "Windowsアプリパッケージ", "Windows app package",
     "msix appx msixbundle appxbundle appinstaller"),
    ("application/x-msi", "Windowsインストーラー", "Windows Installer", "msi"),
    ("application/vnd.debian.binary-package", "Debianパッケージ", "Debian package", "deb"),
    ("application/x-rpm", "RPMパッケージ", "RPM package", "rpm"),
    ("application/x-xar-package", "macOSインストーラー", "macOS installer", "pkg mpkg"),
    ("application/x-ms-shortcut", "ショートカット", "Windows shortcut", "lnk"),
    ("application/x-mswinurl", "インターネットショートカット", "Internet shortcut",
     "url website webloc desktop"),
    ("application/vnd.ms-htmlhelp", "HTMLヘルプ（CHM）", "Compiled HTML help", "chm hlp"),
    ("application/onenote", "OneNoteファイル", "OneNote section", "one onetoc2 onepkg"),
    ("application/hta", "HTMLアプリケーション", "HTML application", "hta"),
    ("application/x-windows-script", "Windowsスクリプト", "Windows script",
     "vbs vbe jse wsf wsh vb"),
    ("text/javascript", "JavaScript", "JavaScript", "js"),
    ("application/x-bat", "バッチファイル", "Batch file", "bat cmd btm"),
    ("application/x-powershell", "PowerShellスクリプト", "PowerShell script", "ps1 psm1"),
    ("application/x-sh", "シェルスクリプト", "Shell script", "sh bash zsh csh ksh fish"),
    ("text/x-python", "Pythonプログラム", "Python program", "py pyc"),
    ("text/x-perl", "Perlプログラム", "Perl program", "pl pm"),
    ("application/x-php", "PHPプログラム", "PHP program", "php"),
    ("text/x-registry", "レジストリファイル", "Registry file", "reg"),
    ("text/x-ms-inf", "セットアップ情報ファイル", "Setup information", "inf"),
    ("application/x-scf", "エクスプローラーコマンド", "Explorer command", "scf"),
    ("application/x-iqy", "Excel Webクエリ", "Excel web query", "iqy"),
    ("application/x-sylk", "SYLKファイル", "SYLK", "slk sylk"),
    ("application/x-msc", "管理コンソール（MSC）", "Management console", "msc"),
    ("application/x-rdp", "リモートデスクトップ接続", "Remote Desktop connection", "rdp"),
    ("application/vnd.adobe.flash.movie", "Flashムービー", "Flash movie", "swf"),
    ("application/x-vhd", "仮想ディスク（VHD）", "Virtual disk (VHD)", "vhd"),
    ("application/x-vhdx", "仮想ディスク（VHDX）", "Virtual disk (VHDX)", "vhdx"),
    ("application/x-vmdk", "仮想ディスク（VMDK）", "Virtual disk (VMDK)", "vmdk"),
    ("application/x-qcow2", "仮想ディスク（QCOW2）", "Virtual disk (QCOW2)", "qcow2 qcow"),
    ("application/x-apple-diskimage", "macOSディスクイメージ", "macOS disk image", "dmg"),
    ("application/x-ms-wim", "Windowsイメージ（WIM）", "Windows image", "wim esd swm"),
    ("application/x-disk-image", "ディスクイメージ", "Disk image", "img udf ima vfd nrg mdf"),
)  # fmt: skip

_NEITHER: Final = (
    (UNKNOWN, "不明なファイル", "Unknown file", ""),
    (EMPTY, "空のファイル", "Empty file", ""),
)


def _table() -> dict[str, Format]:
    table: dict[str, Format] = {}
    for rows, program in (
        (_DOCUMENTS, False),
        (_MEDIA, False),
        (_ARCHIVES, False),
        (_NEITHER, False),
        (_PROGRAMS, True),
    ):
        for media_type, ja, en, extensions in rows:
            table[media_type] = Format(ja, en, tuple(extensions.split()), program)
    return table


#: Every media type that this gateway knows by name.
FORMATS: Final[Mapping[str, Format]] = MappingProxyType(_table())


def _by_extension() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for media_type, row in FORMATS.items():
        for ext in row.extensions:
            found[ext] = (*found.get(ext, ()), media_type)
    return found


#: Extension without the dot, lower case → the media types that use it.
BY_EXTENSION: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(_by_extension())

#: Extensions that start something on a desk, whatever text or unknown bytes they hold.
PROGRAM_EXTENSIONS: Final = frozenset(
    ext for ext, types in BY_EXTENSION.items() if any(FORMATS[t].program for t in types)
)


def label(media_type: str) -> tuple[str, str]:
    """Name of a format for people: (Japanese, English)."""
    row = FORMATS.get(media_type, FORMATS[UNKNOWN])
    return row.ja, row.en


def extension(media_type: str) -> str:
    """The extension expected for a type, with the dot; "" where there is none."""
    row = FORMATS.get(media_type)
    return f".{row.extensions[0]}" if row and row.extensions else ""


def is_program(media_type: str) -> bool:
    """Whether the type is a program, script, shortcut, installer or disk image."""
    row = FORMATS.get(media_type)
    return row is not None and row.program
